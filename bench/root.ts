import { fileURLToPath } from 'node:url'

/** The checkout. This file runs from bench/dist/bench/. */
export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url))
