/** A baseline is the JSON output of an earlier run: what stands in it is known and accepted. */
import type { JsonValue } from '../../manifest/node.ts'
import { findingKey } from './finding.ts'
import { listAt, textAt, valueAt } from './json.ts'

/** Keys of the findings; undefined where the text is no such output. */
export function parseBaseline(text: string): ReadonlySet<string> | undefined {
  let value: JsonValue
  try {
    value = JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
  if (valueAt(value, 'schemaVersion') !== 1 || !Array.isArray(valueAt(value, 'findings'))) return undefined
  return new Set(
    listAt(value, 'findings').map((finding) => {
      const word = (field: string): string => textAt(finding, 'object', field) ?? ''
      const object = {
        apiVersion: word('apiVersion'),
        kind: word('kind'),
        namespace: word('namespace'),
        name: word('name'),
      }
      return findingKey({ code: textAt(finding, 'code') ?? '', object, message: textAt(finding, 'message') ?? '' })
    }),
  )
}
