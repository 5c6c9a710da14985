import { writeFileSync } from 'node:fs'
import { currentPrices, PINNED_FILE, pinnedText } from './pinned-prices.contract.ts'

// Run after an update of the price data, and read what changed: `node src/money/write-pinned-prices.ts && git diff src/money/pinned-prices.txt`.

writeFileSync(PINNED_FILE, pinnedText(await currentPrices()))
