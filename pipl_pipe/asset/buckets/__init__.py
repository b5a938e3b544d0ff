"""The buckets that pipl brings; each implements `pipl_pipe.asset.bucket.Bucket`."""
