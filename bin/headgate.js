#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must get far enough to be told that it is too old.
import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
const source = new URL('../src/cli/main.ts', import.meta.url)
const isClone = existsSync(source)
const refusal = refusalOf()

if (refusal) {
  console.error(`headgate: ${refusal}`)
  process.exitCode = 1
} else {
  // A clone runs what is written in src, never a dist that may be older than it. A published package has no src.
  const { runCli } = await import(isClone ? source.href : new URL('../dist/cli/main.js', import.meta.url).href)
  process.exitCode = await runCli(process.argv.slice(2))
}

function refusalOf() {
  const brings = isClone ? ' In a clone, npx headgate and npm start use the Node 24 that npm install brings.' : ''
  if (major < 22 || (major === 22 && minor < 12)) {
    return `needs Node.js 22.12 or newer, and this is ${process.versions.node}.${brings}`
  }
  if (isClone && !process.features.typescript) {
    return `a clone runs from TypeScript source, which Node.js ${process.versions.node} cannot read.${brings}`
  }
  return null
}
