import { crc32 } from 'node:zlib'

const PRELUDE_BYTES = 12
const CRC_BYTES = 4
const TEXT_TYPE = 7

/** One message of Amazon's binary event streams: text headers by name, and a payload. */
export function awsEventFrame(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const fields = Buffer.concat(Object.entries(headers).map(([name, value]) => textHeader(name, value)))
  const body = Buffer.from(payload)
  const message = Buffer.alloc(PRELUDE_BYTES + fields.length + body.length + CRC_BYTES)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(fields.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  fields.copy(message, PRELUDE_BYTES)
  body.copy(message, PRELUDE_BYTES + fields.length)
  const end = message.length - CRC_BYTES
  message.writeUInt32BE(crc32(message.subarray(0, end)), end)
  return message
}

/** An event of that type with a JSON payload. */
export function awsEvent(type: string, payload: string): Buffer {
  return awsEventFrame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, payload)
}

/** An exception of that type with a JSON payload; streams end with it. */
export function awsException(type: string, payload: string): Buffer {
  return awsEventFrame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    payload,
  )
}

function textHeader(name: string, value: string): Buffer {
  const bytes = Buffer.from(value)
  const head = Buffer.from([0, ...Buffer.from(name), TEXT_TYPE, 0, 0])
  head.writeUInt8(Buffer.byteLength(name), 0)
  head.writeUInt16BE(bytes.length, head.length - 2)
  return Buffer.concat([head, bytes])
}
