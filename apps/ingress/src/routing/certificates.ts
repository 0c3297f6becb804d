import { createPrivateKey, X509Certificate } from 'node:crypto';
import { messageOf } from '@slipway/kit';
import type { Secret } from './objects.ts';

/** Certificate chain and key of a Secret as one PEM text, or why they cannot be served. One bad certificate must not keep the whole configuration from loading. */
export function certificateOf(secret: Secret | undefined): { readonly pem: string } | { readonly problem: string } {
  if (secret === undefined) return { problem: 'there is no such Secret of type kubernetes.io/tls' };
  const text = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');
  const chain = text('tls.crt').match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? [];
  const [leaf] = chain;
  if (leaf === undefined) return { problem: 'tls.crt holds no certificate' };
  try {
    const key = createPrivateKey(text('tls.key'));
    const certificates = chain.map((pem) => new X509Certificate(pem));
    if (!certificates[0]?.checkPrivateKey(key)) return { problem: 'tls.key is not the key of the certificate in tls.crt' };
    const parts = [...certificates.map((one) => one.toString()), key.export({ type: 'pkcs8', format: 'pem' }).toString()];
    return { pem: parts.map((part) => `${part.trim()}\n`).join('') };
  } catch (error) {
    return { problem: `certificate or key cannot be read: ${messageOf(error)}` };
  }
}
