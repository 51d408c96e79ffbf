module example.org/photos/api

go 1.22
