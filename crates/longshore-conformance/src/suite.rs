//! The list of all cases, as a macro that makes a test of each.

/// Makes one `#[tokio::test]` of every case, in modules named after the roles, so that
/// `cargo test -p longshore-sqlite produce::` runs a part.
///
/// It takes an expression of type `Option<impl Disposable>`. The calling crate needs tokio with the
/// features `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance {
    ($fresh:expr) => {
        $crate::conformance! { @role $fresh, produce:
            a_job_is_stored_with_every_default
        }
    };
    (@role $fresh:expr, $role:ident: $($case:ident)*) => {
        mod $role {
            #[allow(unused_imports)]
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $case() {
                    if let Some(database) = $fresh {
                        $crate::cases::$role::$case(&database).await;
                        $crate::Disposable::vanish(&database).await;
                    }
                }
            )*
        }
    };
}
