#!/bin/sh
# What the Makefile has to know and do about .venv.  Run in the project's folder.
#   env.sh missing PYTHON                    say in one line what this machine lacks, if anything
#   env.sh sound                             say yes if .venv is whole, was made here and works
#   env.sh install-locked PYTHON STAMP       make .venv of requirements.lock, copy that to STAMP
#   env.sh install PYTHON STAMP WHAT TITLE   bring .venv up to date, copy pyproject.toml to STAMP
#   env.sh compile                           compile the kit's modules, once for each change of them

missing() {
    python=$1
    list=
    if command -v "$python" >/dev/null; then
        # Debian's python3 without python3-venv has venv, but not the ensurepip that it needs.
        found=$("$python" -c '
import sys
if sys.version_info < (3, 11):
    print("%d.%d" % sys.version_info[:2])
else:
    try:
        import ensurepip, venv
        print("fine")
    except ImportError:
        print("no venv")')
        case $found in
        fine) ;;
        "no venv") add "$python has no venv (Debian: apt install python3-venv; others: python.org)" ;;
        ?*) add "$python is $found, not 3.11 or newer (Debian 12 has it; others: python.org; or make PYTHON=...)" ;;
        *) add "$python does not work (Debian: apt install python3-venv; others: python.org)" ;;
        esac
    else
        add "$python is missing (Debian: apt install python3-venv; others: python.org)"
    fi
    command -v git >/dev/null || add "git is missing (Debian: apt install git; others: git-scm.com)"
    echo "$list"
}

add() {
    list="${list:+$list, }$1"
}

# .complete names the folder that .venv was made in; it is away while pip works.
# rich stands for all packages: none is found any more once python3 has become another 3.x.
sound() {
    [ "$(cat .venv/.complete)" = "$(pwd -P)" ] && .venv/bin/python -I -c 'import rich'
} 2>/dev/null

# Where PYTHONDONTWRITEBYTECODE is set, as in many containers, each start of the kit would compile it:
# that takes as long as all else a start does.  pip compiles what it installs, and no checkout.
compile() {
    .venv/bin/python -m compileall -qq kit || :
}

install() {
    python=$1 stamp=$2 what=$3 title=$4
    if ! sound; then
        rm -rf .venv
        "$python" -m venv .venv || return
    elif cmp -s pyproject.toml "$stamp"; then
        # Only its time has changed: another branch and back, say.
        touch "$stamp"
        return
    fi

    echo "Installing $title into .venv (about half a minute)…"
    before=$(cat .venv/.complete 2>/dev/null)
    rm -f .venv/.complete
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e "$what"
    status=$?
    if [ $status -eq 0 ]; then
        pwd -P >.venv/.complete
        cp pyproject.toml "$stamp"
        compile
    elif [ $status -lt 128 ]; then
        # pip was not killed but gave up: .venv is what it was.
        echo "$before" >.venv/.complete
        echo "pip could not install $title, see above.  It needs the network: try again with it." >&2
    fi
    return $status
}

install_locked() {
    python=$1 stamp=$2
    if sound && cmp -s requirements.lock "$stamp" && cmp -s pyproject.toml .venv/.runtime; then
        touch "$stamp"
        return
    fi

    # Anew: what an earlier .venv holds came without hashes.
    rm -rf .venv
    "$python" -m venv .venv || return
    echo "Installing the pins of requirements.lock into .venv (about half a minute)…"
    pip="install --quiet --disable-pip-version-check"
    if .venv/bin/python -m pip $pip --require-hashes -r requirements.lock &&
        .venv/bin/python -m pip $pip --no-deps --no-build-isolation -e .; then
        pwd -P >.venv/.complete
        cp pyproject.toml .venv/.runtime
        cp requirements.lock "$stamp"
        compile
    else
        status=$?
        echo "pip could not install the pins, see above.  It needs the network: try again with it." >&2
        return $status
    fi
}

case $1 in
install-locked) shift && install_locked "$@" ;;
missing) missing "$2" ;;
sound) sound && echo yes ;;
install) shift && install "$@" ;;
compile) compile ;;
esac
