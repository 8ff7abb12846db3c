"""What judges: metrics, suites, statistics, reports and studies."""
