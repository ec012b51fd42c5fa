"""Other people's test suites, run against our implementations: see bin/conformance."""
