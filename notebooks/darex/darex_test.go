package darex
