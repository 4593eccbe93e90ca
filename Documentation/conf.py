# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx: make docs."""

import pathlib
import re

DKMS = pathlib.Path(__file__).parent.parent / "dkms.conf"

project = "futexinspect"
copyright = "GPL-2.0"
release = re.search(r'^PACKAGE_VERSION="(.*)"$', DKMS.read_text(encoding="ascii"), re.M)[1]
html_theme = "alabaster"
# What there is a box around is a screen or a file, in no language.
highlight_language = "none"
