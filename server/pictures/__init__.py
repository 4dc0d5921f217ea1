"""Pictures in messages: kept clean and small, in the database, and gone when their message is."""
