/** The wire format of protobuf: tags, varints and length-delimited parts. */

export type WireValue = { readonly number: number } & (
  | { readonly form: 'varint'; readonly value: bigint }
  | { readonly form: 'bytes'; readonly value: Buffer }
)

export class ProtobufError extends Error {}

/** The fields of one message in the order in which they stand there. Throws ProtobufError where it is cut off or damaged. */
export function readFields(message: Buffer): readonly WireValue[] {
  const values: WireValue[] = []
  let position = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[position++]
      if (byte === undefined) throw new ProtobufError('unexpected end of the message')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw new ProtobufError('a number is longer than 64 bits')
  }
  const bytes = (length: number): Buffer => {
    if (position + length > message.length) throw new ProtobufError('unexpected end of the message')
    position += length
    return message.subarray(position - length, position)
  }
  while (position < message.length) {
    const tag = Number(varint())
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType === 0) values.push({ number, form: 'varint', value: varint() })
    else if (wireType === 2) values.push({ number, form: 'bytes', value: bytes(Number(varint())) })
    else throw new ProtobufError(`wire type ${wireType} is not used by Kubernetes' messages`)
  }
  return values
}
