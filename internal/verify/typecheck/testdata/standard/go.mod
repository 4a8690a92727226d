module standard

go 1.26.0
