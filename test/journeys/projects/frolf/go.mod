module example.org/frolf

go 1.21
