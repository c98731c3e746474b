"""CITATION.cff and .zenodo.json say the same; what a fork needs is read by the programs that it is for."""

import json
import re
import unittest

from nb.checkout import ROOT


class Citation(unittest.TestCase):
    def setUp(self):
        self.cff = (ROOT / 'CITATION.cff').read_text(encoding='utf-8')
        self.zenodo = json.loads((ROOT / '.zenodo.json').read_text(encoding='utf-8'))

    def field(self, name):
        return re.search(rf'^{name}: "?(.*?)"?$', self.cff, re.M)[1]

    def test_one_project(self):
        for ours, theirs in (('title', 'title'), ('version', 'version'), ('license', 'license'), ('type', 'upload_type')):
            self.assertEqual(self.field(ours), self.zenodo[theirs], ours)
        self.assertEqual(' '.join(re.search(r'^abstract: >-\n((?:  .*\n)+)', self.cff, re.M)[1].split()), self.zenodo['description'])
        self.assertEqual(re.findall(r'^  - name: (.*)$', self.cff, re.M), [who['name'] for who in self.zenodo['creators']])
        self.assertEqual(re.findall(r'^  - (.*)$', self.cff.split('\nkeywords:\n')[1], re.M), self.zenodo['keywords'])

    def test_version(self):
        self.assertRegex(self.field('version'), r'^\d+\.\d+\.\d+$')

    def test_devcontainer_builds_a_stage_that_is_there(self):
        container = json.loads((ROOT / '.devcontainer/devcontainer.json').read_text(encoding='utf-8'))
        stages = re.findall(r'^FROM \S+ AS (\S+)$', (ROOT / 'Dockerfile').read_text(encoding='utf-8'), re.M)
        self.assertIn(container['build']['target'], stages)
        self.assertIn(container['remoteUser'], (ROOT / 'Dockerfile').read_text(encoding='utf-8'))


if __name__ == '__main__':
    unittest.main()
