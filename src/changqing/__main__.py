"""``python -m changqing`` is the command ``changqing``."""

from changqing.cli.main import main

raise SystemExit(main())
