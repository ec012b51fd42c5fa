"""What the state gets: tax classes, rates by country and region, exact sums."""
