"""Asset stores; each module holds one implementation of `pipl_pipe.asset.store.AssetStore`."""
