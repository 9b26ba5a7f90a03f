SELECT max(sampled_at) AS sampled_at FROM longshore_samples;
