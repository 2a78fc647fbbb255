//go:build broken

package unsteady

var _ int = "no number"
