//! What every store must do, run on each of them, and what only the sealed one must.

use std::collections::HashSet;
use std::path::Path;

use super::*;
use crate::environment::Environment;

/// A way to open the same records again and again.
trait Medium {
    fn open(&self) -> Box<dyn Store>;
}

struct Memory(MemoryStore);
impl Medium for Memory {
    fn open(&self) -> Box<dyn Store> {
        Box::new(self.0.clone())
    }
}

struct File(tempfile::TempDir);
impl Medium for File {
    fn open(&self) -> Box<dyn Store> {
        Box::new(sealed(self.0.path(), [7; 32]).unwrap())
    }
}

fn sealed(folder: &Path, key: [u8; 32]) -> Result<SealedStore, StoreError> {
    SealedStore::open(&folder.join("store"), &key, &Environment::system())
}

fn everywhere(check: impl Fn(&dyn Medium)) {
    check(&Memory(MemoryStore::new()));
    check(&File(tempfile::tempdir().unwrap()));
}

fn put(store: &mut dyn Store, writes: &[(Key, Option<&[u8]>)]) {
    let mut changes = Changes::default();
    for (key, value) in writes {
        match value {
            Some(value) => changes.put(key.clone(), value.to_vec()),
            None => changes.remove(key.clone()),
        }
    }
    store.apply(&changes).unwrap();
}

#[test]
fn a_record_is_read_back_replaced_and_removed() {
    everywhere(|medium| {
        let mut store = medium.open();
        let key = Key::single(Space::Draft, b"one");
        assert_eq!(store.get(&key).unwrap(), None);
        put(&mut *store, &[(key.clone(), Some(b"first"))]);
        assert_eq!(store.get(&key).unwrap().as_deref(), Some(b"first".as_slice()));
        put(&mut *store, &[(key.clone(), Some(b"second")), (key.clone(), Some(b"third"))]);
        assert_eq!(store.get(&key).unwrap().as_deref(), Some(b"third".as_slice()));
        assert_eq!(store.get(&Key::single(Space::Outbox, b"one")).unwrap(), None, "spaces are apart");
        put(&mut *store, &[(key.clone(), None), (Key::single(Space::Draft, b"never"), None)]);
        assert_eq!(store.get(&key).unwrap(), None);
    });
}

#[test]
fn records_of_a_name_come_by_position() {
    everywhere(|medium| {
        let mut store = medium.open();
        let at = |name: &[u8], n| Key::at(Space::Outbox, name, n);
        put(
            &mut *store,
            &[
                (at(b"a", 300), Some(b"z")),
                (at(b"a", 2), Some(b"y")),
                (at(b"b", 1), Some(b"other")),
                (at(b"a", 1), Some(b"")),
            ],
        );
        let expected = vec![(1, b"".to_vec()), (2, b"y".to_vec()), (300, b"z".to_vec())];
        assert_eq!(store.list(Space::Outbox, b"a").unwrap(), expected);
        assert_eq!(store.list(Space::Outbox, b"").unwrap(), vec![]);
        let mut all = store.scan(Space::Outbox).unwrap();
        all.sort();
        assert_eq!(all.len(), 4);
        assert_eq!(all[3], (at(b"b", 1), b"other".to_vec()), "a scan tells the names");
    });
}

#[test]
fn what_was_applied_survives_and_is_seen_again() {
    everywhere(|medium| {
        put(&mut *medium.open(), &[(Key::single(Space::Setting, b"device"), Some(b"kept"))]);
        // A kill: nothing is closed in order.
        let mut killed = medium.open();
        put(&mut *killed, &[(Key::single(Space::Draft, b"d"), Some(b"also kept"))]);
        std::mem::forget(killed);
        let store = medium.open();
        assert!(store.get(&Key::single(Space::Setting, b"device")).unwrap().is_some());
        assert!(store.get(&Key::single(Space::Draft, b"d")).unwrap().is_some());
    });
}

#[test]
fn a_wrong_key_is_refused_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    put(&mut sealed(folder.path(), [1; 32]).unwrap(), &[(Key::single(Space::Draft, b"d"), Some(b"text"))]);
    assert_eq!(sealed(folder.path(), [2; 32]).err(), Some(StoreError::WrongKey));
    let store = sealed(folder.path(), [1; 32]).unwrap();
    assert!(store.get(&Key::single(Space::Draft, b"d")).unwrap().is_some());
}

#[test]
fn a_record_moved_to_another_place_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    put(
        &mut sealed(folder.path(), [1; 32]).unwrap(),
        &[(Key::at(Space::Outbox, b"c", 1), Some(b"one")), (Key::at(Space::Outbox, b"c", 2), Some(b"two"))],
    );
    let raw = rusqlite::Connection::open(folder.path().join("store")).unwrap();
    raw.execute("UPDATE record SET sealed = (SELECT sealed FROM record WHERE position = 2) WHERE position = 1", [])
        .unwrap();
    drop(raw);
    let store = sealed(folder.path(), [1; 32]).unwrap();
    assert_eq!(store.get(&Key::at(Space::Outbox, b"c", 1)).err(), Some(StoreError::Damaged));
    assert!(store.get(&Key::at(Space::Outbox, b"c", 2)).unwrap().is_some());
}

#[test]
fn a_store_of_a_newer_release_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(sealed(folder.path(), [1; 32]).unwrap());
    let raw = rusqlite::Connection::open(folder.path().join("store")).unwrap();
    raw.execute_batch("PRAGMA user_version = 9").unwrap();
    drop(raw);
    assert_eq!(sealed(folder.path(), [1; 32]).err(), Some(StoreError::TooNew));
}

#[test]
fn something_else_than_a_store_is_damaged_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("store"), "not a database at all, but somebody's notes".repeat(50)).unwrap();
    assert_eq!(sealed(folder.path(), [1; 32]).err(), Some(StoreError::Damaged));
}

#[test]
fn no_file_of_the_store_holds_plain_text() {
    let (name, text) = ("王记肠粉-planted-name", "后门被货堆堵住 planted text 14200000001");
    let planted = |file: &[u8]| {
        [name.as_bytes(), text.as_bytes()].iter().any(|needle| file.windows(needle.len()).any(|part| part == *needle))
    };
    let files = |folder: &Path| -> Vec<Vec<u8>> {
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    };

    let folder = tempfile::tempdir().unwrap();
    let mut store = sealed(folder.path(), [3; 32]).unwrap();
    put(&mut store, &[(Key::single(Space::Draft, name.as_bytes()), Some(text.as_bytes()))]);
    // While open (the write-ahead log is there) and after closing.
    let open = files(folder.path());
    assert!(open.len() >= 2, "the write-ahead log is scanned too");
    drop(store);
    assert!(!open.iter().chain(&files(folder.path())).any(|file| planted(file)));

    // The control: the same scan finds the same words when nothing seals them.
    let control = tempfile::tempdir().unwrap();
    let plain = rusqlite::Connection::open(control.path().join("store")).unwrap();
    plain.execute_batch("CREATE TABLE record (name, value)").unwrap();
    plain.execute("INSERT INTO record VALUES (?1, ?2)", [name, text]).unwrap();
    drop(plain);
    assert!(files(control.path()).iter().any(|file| planted(file)));
}

#[test]
fn a_wipe_leaves_what_is_kept_and_nothing_else() {
    everywhere(|medium| {
        let (gone, kept) = (Key::single(Space::Document, b"shop"), Key::single(Space::Relay, b"parcel"));
        let mut store = medium.open();
        put(&mut *store, &[(gone.clone(), Some(b"a file")), (kept.clone(), Some(b"old"))]);
        let mut keep = Changes::default();
        keep.put(kept.clone(), b"new".to_vec());
        store.wipe(&keep).unwrap();
        for store in [store, medium.open()] {
            assert_eq!(store.get(&gone).unwrap(), None);
            assert_eq!(store.scan(Space::Document).unwrap(), vec![]);
            assert_eq!(store.get(&kept).unwrap().as_deref(), Some(b"new".as_slice()));
        }
        let mut store = medium.open();
        put(&mut *store, &[(gone.clone(), Some(b"another"))]);
        assert_eq!(medium.open().get(&gone).unwrap().as_deref(), Some(b"another".as_slice()));
    });
}

#[test]
fn what_was_wiped_does_not_open_from_a_copy_of_the_old_records() {
    let folder = tempfile::tempdir().unwrap();
    let key = Key::single(Space::Document, b"shop");
    let mut store = sealed(folder.path(), [7; 32]).unwrap();
    put(&mut store, &[(key.clone(), Some(b"a file"))]);
    let path = folder.path().join("store");
    let row = |path: &Path| -> (Vec<u8>, Vec<u8>) {
        let raw = rusqlite::Connection::open(path).unwrap();
        raw.query_row("SELECT name, sealed FROM record", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    let (name, old) = row(&path);
    store.wipe(&Changes::default()).unwrap();
    assert_eq!(on_the_medium(folder.path(), &HashSet::from([&old[..BEGINNING]])), 1, "the engine's log has it");
    store.scrub().unwrap();
    assert_eq!(
        on_the_medium(folder.path(), &HashSet::from([&old[..BEGINNING]])),
        0,
        "the old record is still on the medium"
    );
    // Whoever kept the old pages has a record that no key opens any more.
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute("INSERT INTO record (space, name, position, sealed) VALUES (4, ?1, 0, ?2)", (name, old)).unwrap();
    assert_eq!(store.get(&key).unwrap(), None);
    assert_eq!(store.scan(Space::Document), Err(StoreError::Damaged));
}

/// How many bytes of a sealed row are looked for: they begin with its nonce.
const BEGINNING: usize = 32;

/// How many of these beginnings lie in the store's files.
fn on_the_medium(folder: &Path, beginnings: &HashSet<&[u8]>) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let files: Vec<Vec<u8>> = files.collect();
    let windows = files.iter().flat_map(|file| file.windows(BEGINNING));
    windows.filter(|window| beginnings.contains(window)).collect::<HashSet<_>>().len()
}

/// The rows as they lie in the store at this moment.
fn sealed_rows(path: &Path) -> Vec<Vec<u8>> {
    let raw = rusqlite::Connection::open(path).unwrap();
    let mut rows = raw.prepare("SELECT sealed FROM record").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_was_removed_or_written_over_is_not_on_the_medium_after_a_scrub() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut store = sealed(folder.path(), [7; 32]).unwrap();
    let key = |n: u32| Key::at(Space::Event, &[u8::try_from(n % 60).unwrap(); 16], u64::from(n % 7));
    let mut ever: Vec<Vec<u8>> = Vec::new();
    // Records of many sizes come, grow, shrink and go, so that the engine moves them from page to page.
    for n in 0..400_u32 {
        let value = vec![0; usize::try_from(n.wrapping_mul(2_654_435_761) % 3_000).unwrap()];
        put(&mut store, &[(key(n), Some(&value)), (key(n.wrapping_mul(31)), (n % 3 > 0).then_some(&value[..]))]);
        if n % 20 == 0 {
            ever.extend(sealed_rows(&path));
        }
    }
    for n in 0..200 {
        put(&mut store, &[(key(n), None)]);
    }
    let living = sealed_rows(&path);
    assert!(!living.is_empty());
    let gone: HashSet<&[u8]> = ever.iter().filter(|row| !living.contains(row)).map(|row| &row[..BEGINNING]).collect();
    let left = || on_the_medium(folder.path(), &gone);
    assert!(left() > gone.len() / 4, "most of it lies in the log");
    // Nearly always the engine leaves some in pages as well, although it overwrites what is deleted.
    store.scrub().unwrap();
    assert_eq!(left(), 0);
    assert_eq!(sealed_rows(&path), living);
}
