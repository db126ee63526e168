/** The folder of `--state` cannot be this network's: what is wrong with it, and what to do. */
export class StateRefusal extends Error {}
