"""HTTP without any subject: visits, forms, pages, headers, limits. Knows no table."""
