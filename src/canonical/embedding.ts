/** What is asked of a model that answers with vectors: one for each part of the request's only message. */
export interface EmbeddingRequest {
  /** How many numbers each vector has. Default: the model's own. */
  readonly dimensions?: number
  /** How the caller wants vectors written: numbers, or 32-bit floats in base64. */
  readonly encoding: 'float' | 'base64'
  /** What the vectors are for, where a vendor distinguishes; other words are the vendor's own. */
  readonly purpose?: 'query' | 'document' | (string & {})
}

/** The vector of one text. */
export type Embedding = readonly number[]
