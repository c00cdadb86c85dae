"""JSON feeds, by lines or as documents: ``decoder.JsonDecoder``. Nothing is loaded here: recognition needs to look at records only."""
