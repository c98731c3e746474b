// Package study holds what the cells of fair-embedding call and do not show: what they measure,
// and the recipes of their figures.
package study
