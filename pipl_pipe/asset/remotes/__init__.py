"""The remotes that pipl brings; each implements `pipl_pipe.asset.remote.Remote`."""
