module github.com/commitflow/commitflow

go 1.26.0
