/** Reads the output of tap on standard input and prints what a person wants to know of it. */
import { readFileSync } from 'node:fs'
import { digest, formatDigest } from './digest.ts'

console.log(formatDigest(digest(readFileSync(0, 'utf8'))))
