"""The journal: the newest requests and responses of each tenant, kept in memory."""
