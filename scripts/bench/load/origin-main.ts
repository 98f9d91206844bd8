/**
 * An origin as a process of its own:
 *
 *     node --import=./scripts/compiled.mjs scripts/bench/load/origin-main.ts PORT...
 *
 * It prints `listening` when it is ready, and ends with its standard input. It waits for nothing but
 * its connections, so Node's own loop stands still.
 */
import { writeSync } from 'node:fs'
import { needLibc } from './need-libc.ts'
import { createOrigin } from './origin.ts'

const ports = process.argv.slice(2).map(Number)
const origin = createOrigin(needLibc(), ports, 0, () => process.exit(0))
writeSync(1, 'listening\n')
for (;;) origin.turn(-1)
