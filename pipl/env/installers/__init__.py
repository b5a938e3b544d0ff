"""The programs that resolve and install, each behind `pipl.env.install.Installer`."""
