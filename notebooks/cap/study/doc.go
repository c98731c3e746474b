// Package study holds what the cells of cap call and do not show: what they measure, and the recipes of their figures.
package study
