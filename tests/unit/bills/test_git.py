import os
import shutil
import subprocess

import pytest

from lading.bills import git, glance

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


def run(folder, *words):
    names = {f"GIT_{who}_{what}": "Ada" for who in ("AUTHOR", "COMMITTER") for what in ("NAME",)}
    mails = {"GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_EMAIL": "ada@example.org"}
    own = {**os.environ, **names, **mails, "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(
        ["git", "-C", str(folder), *words], env=own, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit of `app/handler.py`."""
    run(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "handler.py").write_text("first\n")
    run(tmp_path, "add", ".")
    run(tmp_path, "commit", "--quiet", "-m", "first")
    return tmp_path


def look(repository):
    app = repository / "app"
    return git.look(app, [app], [one for one in app.rglob("*") if one.is_file()])


def test_a_clean_commit_is_told_with_its_author_and_branch(repository):
    found = look(repository)
    assert found.id == run(repository, "rev-parse", "HEAD")
    assert (found.author, found.branch, found.repository) == ("Ada", "main", "")
    assert found.authored[4] == "-"
    assert not found.is_dirty


def test_what_was_changed_or_is_not_kept_is_dirty(repository):
    (repository / "app" / "handler.py").write_text("second\n")
    (repository / "app" / "new.py").write_text("")
    assert look(repository).changed == ("handler.py", "new.py")
    run(repository, "add", ".")
    assert look(repository).changed == ("handler.py", "new.py")


def test_a_file_that_git_ignores_and_the_image_gets_is_dirty(repository):
    (repository / ".git" / "info" / "exclude").write_text("config.json\n")
    (repository / "app" / "config.json").write_text("{}")
    assert look(repository).changed == ("config.json",)


def test_a_change_beside_the_app_is_none_of_its_own(repository):
    (repository / "README").write_text("")
    run(repository, "add", "README")
    assert not look(repository).is_dirty


def test_a_folder_in_no_repository_has_no_commit(tmp_path):
    assert git.look(tmp_path, [tmp_path], []) is None
    assert glance.at(tmp_path) == ""


def test_a_repository_without_a_commit_has_none(tmp_path):
    run(tmp_path, "init", "--quiet")
    assert git.look(tmp_path, [tmp_path], []) is None


@pytest.mark.parametrize("how", ["commit", "branch", "detached", "packed", "worktree"])
def test_a_glance_differs_when_the_commit_does(repository, how):
    if how == "branch":
        run(repository, "checkout", "--quiet", "-b", "other")
    if how == "detached":
        run(repository, "checkout", "--quiet", "--detach")
    if how == "worktree":
        run(repository, "worktree", "add", "--quiet", str(repository / "beside"))
        repository = repository / "beside"
    if how == "packed":
        run(repository, "pack-refs", "--all")
    before = glance.at(repository / "app")
    assert before == glance.at(repository / "app") != ""
    run(repository, "commit", "--quiet", "--allow-empty", "-m", "next")
    assert glance.at(repository / "app") != before


def test_the_remote_is_told_without_its_token(repository):
    run(repository, "remote", "add", "origin", "https://ada:ghp_secret@git.example.org/a/b.git")
    assert look(repository).repository == "https://git.example.org/a/b.git"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://token@example.org/a.git?token=secret#secret", "https://example.org/a.git"),
        ("https://u:p%40@[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("git@github.com:team/app.git", "ssh://github.com/team/app.git"),
        ("ssh://git:secret@example.org:2222/app", "ssh://example.org:2222/app"),
        ("/home/ada/app.git", ""),
        ("../app", ""),
        ("file:///srv/app.git", ""),
        ("ext::sh -c secret", ""),
        ("https://example.org:secret/app", ""),
        ("", ""),
    ],
)
def test_no_credential_of_a_url_is_told(url, told):
    assert git.without_credentials(url) == told


def test_a_hook_of_another_repository_is_not_asked_in_its_place(repository, monkeypatch, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert look(repository).branch == "main"
