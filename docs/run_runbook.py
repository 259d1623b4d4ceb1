"""Run every block of runbook.md, in order, on a fresh Debian: python docs/run_runbook.py --mirror URL FOLDER

Needs root, debootstrap and a Debian mirror; ends what it started. FOLDER becomes the root of the new
system, apart from this one by chroot: it shares the network, so ports 8080, 8081, 8501, 8502 and 5432
must be free. There is no systemd inside: a stand-in for systemctl runs the units' own lines, as
their users and with their settings, but without their limits and hardening.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MINUTES = 40  # for all blocks together
SYSTEMCTL = r"""#!/usr/bin/python3
import os, re, signal, subprocess, sys, time
from pathlib import Path

def unit(name):
    path = Path("/etc/systemd/system") / re.sub(r"@\d+", "@", name)
    number = "".join(re.findall(r"@(\d+)", name))
    text = path.read_text().replace("%i", number).replace("%%", "%").replace("$$", "$")
    return dict(re.findall(r"^(\w+)=(.*)$", text, re.M))

def run(verb, name):
    if name == "postgresql":
        subprocess.run(["pg_ctlcluster", "15", "main", verb], check=True)
    elif name == "nginx":
        subprocess.run(["nginx"], check=True)
    elif name == "shigen.target":
        wanted = unit(name)["Wants"].split()
        for each in wanted:
            run(verb, each)
    elif name.startswith("shigen@"):
        name = name.removesuffix(".service") + ".service"
        pid = Path("/run") / f"{name}.pid"
        if verb in ("stop", "restart") and pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)
            for _ in range(200):
                if not Path("/proc", pid.read_text(), "exe").exists(): break
                time.sleep(0.1)
            pid.unlink()
        if verb in ("start", "restart"):
            of = unit(name)
            script = f"set -a; . {of['EnvironmentFile']}; set +a; cd {of['WorkingDirectory']}; "
            script += f"exec setpriv --reuid={of['User']} --regid={of['Group']} --init-groups {of['ExecStart']}"
            with open(f"/var/log/{name}.log", "ab") as log:
                p = subprocess.Popen(["sh", "-c", script], stdout=log, stderr=log, start_new_session=True)
            pid.write_text(str(p.pid))
            subprocess.run(of["ExecStartPost"], shell=True, check=True)
    elif name.endswith(".service"):
        of = unit(name)
        subprocess.run(["runuser", "-u", of["User"], "--", "sh", "-c", "umask " + of["UMask"] + "; " + of["ExecStart"]], check=True)

verb, *names = [a for a in sys.argv[1:] if a != "--now"]
for name in names:
    if not name.endswith(".timer"):
        run({"enable": "start"}.get(verb, verb), name)
"""

# A release whose code changes the tables, so that the upgrade is run both ways and then taken back.
NEXT_RELEASE = r"""
head=$(shigen store | grep '^revision_of_code,' | cut -d , -f 2)
git clone --quiet --branch "$VERSION" "$SOURCE" /root/next
cat > /root/next/geo/store/migrations/versions/v9999_generated.py <<END
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "9999", "$head", None, None
def upgrade():
    op.create_table("generated", sa.Column("id", sa.Integer(), primary_key=True))
def downgrade():
    op.drop_table("generated")
END
git -C /root/next add geo
git -C /root/next -c user.name=generated -c user.email=generated@example.invalid commit --quiet -m generated
git -C /root/next push --quiet
"""


def blocks(text: str) -> list[str]:
    """Return the blocks that are to be run, in order."""
    return re.findall(r"^```bash\n(.*?)^```$", text, re.M | re.S)


def main() -> int:
    """Make the system, run the blocks, and return what they returned."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mirror", required=True, help="address of Debian's packages")
    parser.add_argument(
        "--copy", action="append", default=[], type=Path, help="this machine's own settings"
    )
    options = parser.parse_args()
    new = options.folder.resolve()
    if not (new / "etc/debian_version").exists():
        bootstrap = ["debootstrap", "--variant=minbase", "bookworm", str(new), options.mirror]
        subprocess.run(bootstrap, check=True)
    for path in options.copy:
        place = new / path.relative_to("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, place, **({"dirs_exist_ok": True} if path.is_dir() else {}))
    _write(new / "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")
    _write(new / "usr/local/bin/systemctl", SYSTEMCTL)
    shutil.rmtree(new / "srv/shigen.git", ignore_errors=True)
    clone = [
        "git",
        "clone",
        "--quiet",
        "--bare",
        "--no-local",
        str(ROOT),
        str(new / "srv/shigen.git"),
    ]
    subprocess.run(clone, check=True)
    branch = subprocess.run(
        ["git", "-C", str(new / "srv/shigen.git"), "symbolic-ref", "--short", "HEAD"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()

    script, upgrade = ["set -eu"], ""
    for number, block in enumerate(blocks((ROOT / "docs/runbook.md").read_text("utf-8")), 1):
        first = block.splitlines()[0]
        script.append(f"echo '== block {number}' {_quoted(first)}")
        if "move-store" in block:  # it supposes an app that ran on a file before
            script.append(
                "DATABASE_URL=sqlite:////var/lib/shigen/shigen.sqlite3 shigen history > /dev/null"
            )
        script.append(block)
        if block.startswith("revisions()"):  # the upgrade again, to tables that differ
            script += [NEXT_RELEASE, upgrade, block, 'test "$(shigen store | grep -c 9999)" = 2']
        if block.startswith("back="):
            script.append('test "$(shigen store | grep -c 9999)" = 0')
        upgrade = block  # the block before the next one
    script.append("echo '== every block was run'")
    (new / "root/runbook.sh").write_text("\n".join(script), encoding="utf-8")

    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    settings |= {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
        "SOURCE": "file:///srv/shigen.git",
        "VERSION": branch,
    }
    inside = (
        f"mount -t proc proc {new}/proc && mount --rbind /dev {new}/dev && "
        f"chroot {new} timeout {MINUTES}m bash /root/runbook.sh; code=$?; "
        f"chroot {new} systemctl stop shigen.target; chroot {new} nginx -s stop; "
        f"chroot {new} systemctl stop postgresql; exit $code"
    )
    return subprocess.run(["unshare", "--mount", "sh", "-c", inside], env=settings).returncode


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


if __name__ == "__main__":
    sys.exit(main())
