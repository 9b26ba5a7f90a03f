//! Distances and directions on a globe.

/// The earth's mean radius, in kilometres.
const RADIUS_KM: f64 = 6371.0088;

/// A point on the globe, as a vector of length one from its centre.
///
/// The dot product of two such vectors is the cosine of the angle between them: comparing distances
/// takes three multiplications and no trigonometry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place([f64; 3]);

impl Place {
    /// A place from its latitude and longitude, in degrees.
    ///
    /// ```
    /// use airports::Place;
    /// let (berlin, oslo) = (Place::at(52.52, 13.40), Place::at(59.91, 10.75));
    /// assert_eq!(berlin.km_to(oslo).round(), 838.0);
    /// assert_eq!(airports::compass(berlin.bearing_to(oslo)), "N");
    /// ```
    #[must_use]
    pub fn at(latitude: f64, longitude: f64) -> Self {
        let (up, along) = latitude.to_radians().sin_cos();
        let (east, front) = longitude.to_radians().sin_cos();
        Self([along * front, along * east, up])
    }

    /// The larger, the nearer: the cosine of the angle between two places.
    #[must_use]
    pub fn nearness(self, other: Self) -> f64 {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        a * x + b * y + c * z
    }

    /// The distance over ground, in kilometres.
    #[must_use]
    pub fn km_to(self, other: Self) -> f64 {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        let cross = [b * z - c * y, c * x - a * z, a * y - b * x];
        // The arc cosine alone would lose the last hundred metres.
        let sine = cross.iter().map(|part| part * part).sum::<f64>().sqrt();
        sine.atan2(self.nearness(other)) * RADIUS_KM
    }

    /// The direction in which the shortest way begins: degrees clockwise from north, 0 to below 360.
    #[must_use]
    pub fn bearing_to(self, other: Self) -> f64 {
        let ([a, b, c], [x, y, _]) = (self.0, other.0);
        let eastward = a * y - b * x;
        let northward = other.0[2] * (a * a + b * b) - c * (a * x + b * y);
        eastward.atan2(northward).to_degrees().rem_euclid(360.0)
    }
}

/// The point of the compass that is nearest to a bearing in degrees.
#[must_use]
pub fn compass(bearing: f64) -> &'static str {
    const POINTS: [&str; 8] = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
    POINTS[(bearing.rem_euclid(360.0) / 45.0).round() as usize % POINTS.len()]
}
