/** How a Service's new connections are spread over its endpoints. */

export const ALGORITHM_ANNOTATION: string = 'portolan.dev/algorithm'

export type Algorithm = 'round-robin' | 'random' | 'source-hash' | 'least-connections'

const ALGORITHMS: readonly Algorithm[] = ['round-robin', 'random', 'source-hash', 'least-connections']

/** What the annotation says; undefined where it says nothing, or nothing that is known. */
export function algorithmOf(annotations: Readonly<Record<string, string>> | undefined): Algorithm | undefined {
  const text = annotations?.[ALGORITHM_ANNOTATION]
  return ALGORITHMS.find((algorithm) => algorithm === text)
}

/** What is wrong with the annotation; empty where nothing is. */
export function warningsForAlgorithm(annotations: Readonly<Record<string, string>> | undefined): readonly string[] {
  const text = annotations?.[ALGORITHM_ANNOTATION]
  if (text === undefined || algorithmOf(annotations) !== undefined) return []
  const known = ALGORITHMS.join(', ')
  return [
    `metadata.annotations[${ALGORITHM_ANNOTATION}]: ${JSON.stringify(text)} is not known and ignored; use ${known}`,
  ]
}
