//! Where to listen: the command line, then the environment, then `longshore.toml`, then the usual address.
#![allow(clippy::doc_markdown, reason = "what stands here is printed as help")]

use std::{
    env,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, de};

use crate::{config::Worker, exit::Refused};

const VARIABLE: &str = "LONGSHORE_LISTEN";

/// This machine alone, and the port that is registered for metrics of programs.
const USUAL: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9464));

/// The option of commands that work.
#[derive(Debug, clap::Args)]
pub(crate) struct Listening {
    /// Answer /metrics, /healthz and /readyz at IP:PORT, or nowhere if `none`; also LONGSHORE_LISTEN, or
    /// `[worker] listen` in longshore.toml [default: 127.0.0.1:9464]
    #[arg(long, value_name = "ADDR")]
    listen: Option<Address>,
}

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `none`
    Nowhere,
    /// `127.0.0.1:9464`
    At(SocketAddr),
}

/// What happens if the command line does not say where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// The process stays: it listens where the environment or the settings say, or at the usual address.
    Listen,
    /// The process ends by itself, and others may run beside it.
    Keep,
}

impl Listening {
    /// The address, and whether somebody asked for it.
    pub(super) fn choose(
        &self,
        settings: &Worker,
        unasked: Unasked,
    ) -> anyhow::Result<(Address, bool)> {
        let variable = env::var(VARIABLE).ok().filter(|text| !text.is_empty());
        match (self.listen, unasked) {
            (Some(address), _) => Ok((address, true)),
            (None, Unasked::Keep) => Ok((Address::Nowhere, false)),
            (None, Unasked::Listen) => Ok(match variable {
                Some(text) => (named(&text)?, true),
                None => {
                    settings.listen.map_or((Address::At(USUAL), false), |address| (address, true))
                }
            }),
        }
    }
}

fn named(text: &str) -> anyhow::Result<Address> {
    text.parse().map_err(|wrong| Refused::invalid(format!("{VARIABLE}: {wrong}")))
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Nowhere);
        }
        let wrong = || {
            format!("`{text}` is no address: write IP:PORT, for instance {USUAL}, or else `none`")
        };
        text.parse().map(Self::At).map_err(|_| wrong())
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_ip_with_a_port_or_none() {
        assert_eq!("none".parse(), Ok(Address::Nowhere));
        assert_eq!("127.0.0.1:9464".parse(), Ok(Address::At(USUAL)));
        assert!("[::]:0".parse::<Address>().is_ok());
        for wrong in ["9464", ":9464", "localhost:9464", "", "off"] {
            let said = wrong.parse::<Address>().unwrap_err();
            assert!(said.contains("127.0.0.1:9464") && said.contains("`none`"), "{said}");
        }
    }

    #[test]
    fn a_process_that_ends_by_itself_listens_only_if_its_command_line_says_so() {
        let address = |text: &str| Some(text.parse::<Address>().unwrap());
        let settings = Worker { listen: address("127.0.0.1:1"), ..Worker::default() };
        let choose = |listen, unasked| Listening { listen }.choose(&settings, unasked).unwrap();
        assert_eq!(choose(None, Unasked::Keep), (Address::Nowhere, false));
        let asked = address("127.0.0.1:2");
        assert_eq!(choose(asked, Unasked::Keep), (asked.unwrap(), true));
        assert_eq!(choose(asked, Unasked::Listen), (asked.unwrap(), true));
    }
}
