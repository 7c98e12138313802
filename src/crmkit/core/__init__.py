"""The minimal core: vocabulary, Model, Session, journal and the storage port."""
