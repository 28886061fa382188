//! One list of calls, two ways to make them: `Doorstep` has each as an asynchronous function, `Background` as one that
//! waits.

/// Declares calls. Those of `reads` leave the phone as it is; after those of `writes`, listeners are told to read again.
macro_rules! calls {
    (
        reads { $($(#[$rdoc:meta])* fn $read:ident($($rarg:ident: $rty:ty),*) -> $rret:ty, $rerr:ty = $rwork:expr;)* }
        writes { $($(#[$wdoc:meta])* fn $write:ident($($warg:ident: $wty:ty),*) -> $wret:ty, $werr:ty = $wwork:expr;)* }
    ) => {
        #[uniffi::export]
        impl Doorstep {
            $(
                $(#[$rdoc])*
                pub async fn $read(&self $(, $rarg: $rty)*) -> Result<$rret, $rerr> {
                    self.worker.run(crate::worker::on_phone::<$rret, $rerr>($rwork)).await
                }
            )*
            $(
                $(#[$wdoc])*
                pub async fn $write(&self $(, $warg: $wty)*) -> Result<$wret, $werr> {
                    let bell = self.bell.clone();
                    let work = crate::worker::on_phone::<$wret, $werr>($wwork);
                    self.worker.run(move |slot| bell.after(work(slot))).await
                }
            )*
        }

        #[uniffi::export]
        impl Background {
            $(
                $(#[$rdoc])*
                pub fn $read(&self $(, $rarg: $rty)*) -> Result<$rret, $rerr> {
                    self.0.worker.wait(crate::worker::on_phone::<$rret, $rerr>($rwork))
                }
            )*
            $(
                $(#[$wdoc])*
                pub fn $write(&self $(, $warg: $wty)*) -> Result<$wret, $werr> {
                    let bell = self.0.bell.clone();
                    let work = crate::worker::on_phone::<$wret, $werr>($wwork);
                    self.0.worker.wait(move |slot| bell.after(work(slot)))
                }
            )*
        }
    };
}
pub(crate) use calls;
