import * as z from 'zod'
import { Secret } from '../../lib/secret.ts'

// What providers in the clouds need beside, or instead of, a key. Which of it a provider takes is a matter of its type: see `cloud-keys.ts`.

/** An identity that a cloud issues tokens for. */
export type CredentialConfig =
  /** Whatever the cloud's own tools would find on this machine. */
  | { readonly kind: 'default' }
  | { readonly kind: 'managed-identity' }
  | {
      readonly kind: 'client-secret'
      readonly tenantId: string
      readonly clientId: string
      readonly clientSecret: Secret
    }
  | { readonly kind: 'service-account'; readonly json: Secret }

/** Access keys of Amazon. */
export interface AwsKeysConfig {
  readonly accessKeyId: Secret
  readonly secretAccessKey: Secret
  readonly sessionToken: Secret | null
}

/** The cloud's share of a provider's settings; null where nothing was said. */
export interface CloudConfig {
  readonly credential: CredentialConfig | null
  readonly awsKeys: AwsKeysConfig | null
  /** A Google credentials file's path. */
  readonly credentialsFile: string | null
  /** An Azure OpenAI resource's name. */
  readonly resource: string | null
  readonly apiVersion: string | null
  /** A Google Cloud project's id. */
  readonly project: string | null
  readonly location: string | null
}

const secret = z
  .string()
  .regex(/^[\x21-\x7e]{1,16384}$/, { error: 'must be one word without spaces or line breaks; it may not be empty' })
  .transform((text) => new Secret(text))

const id = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/, { error: 'must be an id of letters, digits and . _ -' })

const credential = z
  .union([
    z.enum(['default', 'managed-identity']),
    z.strictObject({
      tenant_id: id.describe('The directory (tenant) of the app registration.'),
      client_id: id.describe('The application (client) id.'),
      client_secret: secret.describe(`Its secret, best as \`"\${AZURE_CLIENT_SECRET}"\`.`),
    }),
    z.strictObject({
      service_account: z
        .string()
        .refine(isServiceAccount, { error: 'must be the JSON of a Google service account key, whole' })
        .transform((text) => new Secret(text))
        .describe(`The JSON of a Google service account key, best as \`"\${file:/run/secrets/vertex.json}"\`.`),
    }),
  ])
  .transform((written): CredentialConfig => {
    if (typeof written === 'string') return { kind: written }
    if ('service_account' in written) return { kind: 'service-account', json: written.service_account }
    return {
      kind: 'client-secret',
      tenantId: written.tenant_id,
      clientId: written.client_id,
      clientSecret: written.client_secret,
    }
  })

/** The keys of a provider that belong to clouds. */
export const cloudKeys = {
  credential: credential
    .optional()
    .describe(
      'Instead of a key, for providers in a cloud: `default` (what the cloud’s own tools find on this machine), `managed-identity` (Azure), an Azure app’s `tenant_id`, `client_id` and `client_secret`, or a Google `service_account`.',
    ),
  access_key_id: secret.optional().describe('Bedrock: access key. Default: the AWS credential chain.'),
  secret_access_key: secret.optional().describe('Bedrock: the secret of `access_key_id`.'),
  session_token: secret.optional().describe('Bedrock: the session token, when the access key is a temporary one.'),
  resource: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, {
      error: 'must be the name alone: my-res for https://my-res.openai.azure.com',
    })
    .optional()
    .describe('Azure OpenAI: name of the resource, the first part of its address.'),
  api_version: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/, { error: 'must be an API version such as 2024-10-21' })
    .optional()
    .describe(
      'Azure OpenAI: version of the older API, `/openai/deployments/…?api-version=…`. Default: the v1 API, which needs none.',
    ),
  project: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.:-]{0,127}$/, { error: 'must be the id of a Google Cloud project' })
    .optional()
    .describe('Vertex AI: id of the Google Cloud project.'),
  location: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, { error: 'must be a location such as europe-west1 or global' })
    .optional()
    .describe('Vertex AI: where it computes, such as `europe-west1`, or `global`.'),
  credentials_file: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe('Vertex AI: path of a service account key. Read again whenever a token is fetched.'),
}

/** The name of such a key. */
export type CloudKey = keyof typeof cloudKeys

type CloudKeys = z.output<z.ZodObject<typeof cloudKeys>>

/** The keys as the program has them. */
export function cloudOf(section: CloudKeys): CloudConfig {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken = null } = section
  return {
    credential: section.credential ?? null,
    awsKeys: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, sessionToken } : null,
    credentialsFile: section.credentials_file ?? null,
    resource: section.resource ?? null,
    apiVersion: section.api_version ?? null,
    project: section.project ?? null,
    location: section.location ?? null,
  }
}

function isServiceAccount(text: string): boolean {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && 'private_key' in json && 'client_email' in json
  } catch {
    return false
  }
}
