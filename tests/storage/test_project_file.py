import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading

import pytest

from tailwise.domain.errors import ProjectFileError, ProjectLockedError, ProjectTooNewError
from tailwise.storage import schema
from tailwise.storage.project_file import ProjectFile


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "week 12.tailwise"
    ProjectFile.create(path).close()
    return path


def test_a_closed_project_is_one_plain_file(path):
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert path.read_bytes()[18:20] == b"\x01\x01"  # rollback journal mode, not WAL


def test_the_application_id_stands_at_byte_68(path):
    assert path.read_bytes()[68:72] == b"TWLW"


def test_creating_never_overwrites(path):
    with pytest.raises(ProjectFileError, match="exists already"):
        ProjectFile.create(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "not a Tailwise project"),
        (b"PK\x03\x04" + bytes(200), "not a Tailwise project"),
    ],
)
def test_a_file_that_is_not_ours_says_so(tmp_path, content, sentence):
    path = tmp_path / "x.tailwise"
    path.write_bytes(content)

    with pytest.raises(ProjectFileError, match=sentence):
        ProjectFile.open(path)

    assert path.read_bytes() == content


def test_a_database_of_another_program_says_so(tmp_path):
    path = tmp_path / "x.tailwise"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE t (x)")
    db.commit()
    db.close()

    with pytest.raises(ProjectFileError, match="another program"):
        ProjectFile.open(path)


def test_a_missing_file_and_a_folder_each_have_their_sentence(tmp_path):
    with pytest.raises(ProjectFileError, match="does not exist"):
        ProjectFile.open(tmp_path / "no.tailwise")
    with pytest.raises(ProjectFileError, match="is a folder"):
        ProjectFile.open(tmp_path)


def test_a_truncated_file_says_how_much_is_there(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(ProjectFileError, match="cut short"):
        ProjectFile.open(path)


def test_a_damaged_page_is_a_sentence_not_a_traceback(path):
    whole = bytearray(path.read_bytes())
    whole[200:4096] = os.urandom(4096 - 200)
    path.write_bytes(bytes(whole))

    with pytest.raises(ProjectFileError):
        ProjectFile.open(path)


def test_a_file_from_a_newer_program_is_refused_and_untouched(path):
    db = sqlite3.connect(path)
    db.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('tailwise', 'm999_future', 'x')"
    )
    db.commit()
    db.close()
    before = path.read_bytes()

    with pytest.raises(ProjectTooNewError, match="m999_future"):
        ProjectFile.open(path)

    assert path.read_bytes() == before


def test_a_planted_trigger_is_refused(path):
    db = sqlite3.connect(path)
    db.execute("CREATE TRIGGER evil AFTER INSERT ON fact BEGIN DELETE FROM item; END")
    db.commit()
    db.close()

    with pytest.raises(ProjectFileError, match="evil"):
        ProjectFile.open(path)


def test_a_second_process_is_told_who_has_the_project_open(path):
    holder = ProjectFile.open(path)
    code = textwrap.dedent(f"""
        from pathlib import Path
        from tailwise.domain.errors import ProjectLockedError
        from tailwise.storage.project_file import ProjectFile
        try:
            ProjectFile.open(Path({str(path)!r}))
        except ProjectLockedError as error:
            print(error.sentence)
        ProjectFile.open(Path({str(path)!r}), read_only=True).close()
        print("read-only works")
    """)

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    holder.close()

    assert "is open in another Tailwise by" in told
    assert "read-only works" in told


def test_a_lock_dies_with_its_process(path):
    code = f"""
import os, signal
from pathlib import Path
from tailwise.storage.project_file import ProjectFile
ProjectFile.open(Path({str(path)!r}))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL

    ProjectFile.open(path).close()


@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write read-only files")
def test_a_read_only_file_says_so(path):
    path.chmod(0o444)

    with pytest.raises(ProjectFileError, match="read-only"):
        ProjectFile.open(path)


def test_a_read_only_project_refuses_to_write(path):
    file = ProjectFile.open(path, read_only=True)

    with pytest.raises(ProjectFileError, match="read-only"), file.writing():
        pass
    file.close()


def test_a_full_disk_says_so_and_changes_nothing(path):
    file = ProjectFile.open(path)
    db = file.connect()
    pages = db.conn.execute("PRAGMA page_count").fetchone()[0]
    db.conn.execute(f"PRAGMA max_page_count={pages}")

    with pytest.raises(ProjectFileError, match="no room left"), file.writing() as writer:
        writer.conn.execute("INSERT INTO fact VALUES ('big', ?)", ("x" * 1_000_000,))

    assert db.conn.execute("SELECT count(*) FROM fact WHERE key = 'big'").fetchone()[0] == 0
    file.close()


def test_an_error_inside_a_transaction_rolls_it_back(path):
    file = ProjectFile.open(path)

    def fail_half_way():
        with file.writing() as db:
            db.execute("INSERT INTO fact VALUES ('a', 'b')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    assert file.connect().conn.execute("SELECT count(*) FROM fact WHERE key = 'a'").fetchone()[0] == 0
    file.close()


def test_every_thread_reads_the_last_commit_while_another_writes(path):
    file = ProjectFile.open(path)
    seen = []

    with file.writing() as db:
        db.execute("INSERT INTO fact VALUES ('a', 'b')")
        reader = threading.Thread(
            target=lambda: seen.append(file.connect().conn.execute("SELECT count(*) FROM fact").fetchone()[0])
        )
        reader.start()
        reader.join()

    assert seen == [1]
    file.close()


def test_leftovers_of_a_killed_import_are_removed_at_the_next_open(path):
    staging = path.with_name(path.name + ".staging-123-1")
    staging.write_bytes(b"half")

    ProjectFile.open(path).close()

    assert not staging.exists()


def test_a_copy_opens_and_holds_the_same(path, tmp_path):
    file = ProjectFile.open(path)
    with file.writing() as db:
        db.execute("INSERT INTO fact VALUES ('a', 'b')")

    file.copy_to(tmp_path / "copy.tailwise")
    file.close()

    copy = ProjectFile.open(tmp_path / "copy.tailwise")
    assert copy.connect().conn.execute("SELECT value FROM fact WHERE key = 'a'").fetchone() == ("b",)
    copy.close()


def test_the_lock_file_names_nobody_after_close(path):
    file = ProjectFile.open(path)
    lock = path.with_name(path.name + ".lock")
    assert json.loads(lock.read_text())["pid"] == os.getpid()

    file.close()

    assert not lock.exists()


def test_locked_error_is_a_project_file_error():
    assert issubclass(ProjectLockedError, ProjectFileError)


def test_a_project_of_the_first_release_is_brought_up_to_date_beside_a_backup(tmp_path, monkeypatch):
    path = tmp_path / "old.tailwise"
    every = schema._STEPS
    monkeypatch.setattr(schema, "_STEPS", every[:1])
    file = ProjectFile.create(path)
    with file.writing() as db:
        db.execute("INSERT INTO category (name) VALUES ('cat')")
    file.close()
    taken = tmp_path / "old.before-002.tailwise"
    taken.write_bytes(b"of another time")
    monkeypatch.setattr(schema, "_STEPS", every)

    file = ProjectFile.open(path)

    with file.reading() as db:
        assert db.conn.execute("SELECT name FROM category").fetchall() == [("cat",)]
    file.close()
    assert taken.read_bytes() == b"of another time"
    backup = sqlite3.connect(tmp_path / "old.before-002-2.tailwise")
    assert backup.execute("SELECT name FROM category").fetchall() == [("cat",)]
    assert schema.applied_migrations(backup) == schema.known_migrations()[:1]
    backup.close()
