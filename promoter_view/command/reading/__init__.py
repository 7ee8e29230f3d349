"""What the API's documents say, as frozen values. Pure; reading is total over any document."""
