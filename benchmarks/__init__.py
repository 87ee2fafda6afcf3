"""Speed, measured as ratios against ``fio`` on the same device in the same run."""
