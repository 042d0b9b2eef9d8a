from tests.buckets import bucket, s3

__all__ = ["bucket", "s3"]
