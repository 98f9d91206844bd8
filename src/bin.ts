#!/usr/bin/env node
import process from 'node:process'
import { main } from './cli/main.ts'
import { createProcessIo } from './cli/process-io.ts'

process.exitCode = await main(process.argv.slice(2), createProcessIo(process))
