export { judgeAudit, readExceptions } from './advisories.ts';
export * from './bundle.ts';
export * from './catalogue.ts';
export * from './environment.ts';
export { createImageServer, type ImageServerDeps } from './image-server.ts';
export * from './create-toolchain.ts';
export * from './machine-artifacts.ts';
export * from './toolchain.ts';
export { writeOciLayout, type OciImage, type OciLayer } from './oci-layout.ts';
