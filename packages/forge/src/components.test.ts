import { parseAllDocuments } from 'yaml';
import { expect, it } from 'vitest';
import { pinImages, resolveDefaults } from './components.ts';

it('resolves variables to their defaults and refuses those without', () => {
  expect(resolveDefaults('--address=${CAPI_ADDRESS:=:8443} --gate=${EXP_X:-true} --empty=${NONE:=}')).toBe(
    '--address=:8443 --gate=true --empty=',
  );
  expect(() => resolveDefaults('token: ${TOKEN}')).toThrow('TOKEN');
});

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: manager
spec:
  template:
    spec:
      containers:
      - args: ["--leader-elect"]
        image: example.org/staging/cluster-api-controller:main
        imagePullPolicy: Always
        name: manager
`;
const CONFIG = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n  text: |\n    keeps   its spaces\n';

it('pins the images of Deployments and leaves other documents as they are', () => {
  const text = pinImages(`${CONFIG}---\n${DEPLOYMENT}`, { 'cluster-api-controller': 'registry.example/cluster-api-controller:v1' });
  expect(text.startsWith(CONFIG.trim())).toBe(true);
  const [, deployment] = parseAllDocuments(text);
  expect(deployment?.getIn(['spec', 'template', 'spec', 'containers', 0, 'image'])).toBe('registry.example/cluster-api-controller:v1');
  expect(deployment?.getIn(['spec', 'template', 'spec', 'containers', 0, 'imagePullPolicy'])).toBe('IfNotPresent');
});

it('refuses an image that is not in the catalogue', () => {
  expect(() => pinImages(DEPLOYMENT, {})).toThrow('example.org/staging/cluster-api-controller:main');
});
