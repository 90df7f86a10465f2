//! Changes of real files, as editors and Kubernetes make them.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, id};

use tempfile::TempDir;

use super::*;

/// Far longer than any wait that succeeds.
const PATIENCE: Duration = Duration::from_secs(20);

fn watching(files: &[&Path]) -> Watch {
    let (mut watch, error) = Watch::start().unwrap();
    assert!(error.is_none(), "{error:?}");
    let failed = watch.files(files.iter().map(|file| file.to_path_buf()));
    assert!(failed.is_empty(), "{failed:?}");
    watch
}

async fn check(watch: &mut Watch, expected: &[&Path]) {
    let cause = loop {
        // A signal is for the whole process: that of another test arrives here too.
        match timeout(PATIENCE, watch.next()).await.expect("no event") {
            Cause::Signal => {}
            cause @ Cause::Files(_) => break cause,
        }
    };
    assert_eq!(cause, Cause::Files(expected.iter().map(|file| file.to_path_buf()).collect()));
}

fn folder() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (config, spec) = (folder.path().join("palisade.yaml"), folder.path().join("openapi.yaml"));
    fs::write(&config, "version: 1").unwrap();
    fs::write(&spec, "openapi: 3.1.0").unwrap();
    (folder, config, spec)
}

#[tokio::test]
async fn a_file_that_is_written_replaced_removed_or_made_again_is_reported() {
    let (folder, config, spec) = folder();
    let mut watch = watching(&[&config, &spec]);
    fs::write(&config, "version: 1\n# longer").unwrap();
    check(&mut watch, &[&config]).await;
    let other = folder.path().join(".palisade.yaml.swp");
    fs::write(&other, "version: 1").unwrap();
    fs::rename(&other, &config).unwrap();
    check(&mut watch, &[&config]).await;
    fs::remove_file(&spec).unwrap();
    check(&mut watch, &[&spec]).await;
    fs::write(&spec, "openapi: 3.1.0").unwrap();
    check(&mut watch, &[&spec]).await;
}

#[tokio::test]
async fn changes_close_to_each_other_are_one_event() {
    let (_folder, config, spec) = folder();
    let mut watch = watching(&[&config, &spec]);
    for round in 0..20 {
        fs::write(&config, format!("version: 1 # {round}")).unwrap();
        fs::write(&spec, format!("openapi: 3.1.0 # {round}")).unwrap();
    }
    check(&mut watch, &[&spec, &config]).await;
    assert_eq!(watch.changed(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn other_files_of_the_folder_do_not_matter() {
    let (folder, config, spec) = folder();
    let mut watch = watching(&[&config]);
    fs::write(&spec, "changed").unwrap();
    fs::write(folder.path().join("unrelated"), "x").unwrap();
    while let Ok(cause) = timeout(QUIET * 4, watch.next()).await {
        assert_eq!(cause, Cause::Signal);
    }
    fs::write(&config, "changed").unwrap();
    check(&mut watch, &[&config]).await;
}

#[tokio::test]
async fn a_swap_of_the_links_of_a_config_map_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for version in ["..v1", "..v2", "..v3"] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("palisade.yaml"), "version: 1").unwrap();
    }
    symlink("..v1", at("..data")).unwrap();
    let config = at("palisade.yaml");
    symlink("..data/palisade.yaml", &config).unwrap();
    let mut watch = watching(&[&config]);
    for (version, old) in [("..v2", "..v1"), ("..v3", "..v2")] {
        symlink(version, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        fs::remove_dir_all(at(old)).unwrap();
        check(&mut watch, &[&config]).await;
    }
    fs::write(at("..v3").join("palisade.yaml"), "version: 1 # in place").unwrap();
    check(&mut watch, &[&config]).await;
}

#[tokio::test]
async fn a_change_between_naming_and_waiting_is_not_missed() {
    let (_folder, config, spec) = folder();
    let mut watch = watching(&[&config]);
    fs::write(&config, "changed while it was read").unwrap();
    // What was read names another file; the first keeps what was seen of it.
    watch.files([config.clone(), spec]);
    check(&mut watch, &[&config]).await;
}

#[tokio::test]
async fn a_wait_that_is_given_up_loses_nothing() {
    let (_folder, config, _) = folder();
    let mut watch = watching(&[&config]);
    fs::write(&config, "changed").unwrap();
    // Given up while the folder is waited for to rest.
    while !watch.is_stirred {
        let given_up = timeout(QUIET / 3, watch.next()).await;
        assert!(!matches!(given_up, Ok(Cause::Files(_))));
    }
    check(&mut watch, &[&config]).await;
}

#[tokio::test]
async fn a_hangup_is_a_reason_by_itself() {
    let (_folder, config, _) = folder();
    let mut watch = watching(&[&config]);
    assert!(Command::new("kill").args(["-HUP", &id().to_string()]).status().unwrap().success());
    assert_eq!(timeout(PATIENCE, watch.next()).await.expect("no event"), Cause::Signal);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named_and_stops_nothing() {
    let (folder, config, _) = folder();
    let (mut watch, _) = Watch::start().unwrap();
    let missing = folder.path().join("missing/openapi.yaml");
    let failed = watch.files([config.clone(), missing.clone()]);
    assert_eq!(
        failed.iter().map(|(folder, _)| folder.as_path()).collect::<Vec<_>>(),
        [missing.parent().unwrap()]
    );
    fs::write(&config, "changed").unwrap();
    check(&mut watch, &[&config]).await;
}
