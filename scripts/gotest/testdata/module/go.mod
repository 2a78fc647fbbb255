module example.org/unsteady

go 1.26
