"""Three texts that every collection of web pages holds many times, each beside our own paraphrase.

The paraphrases were written for this course in 2026, after the embedded models were trained.
"""

import re

TEXTS: dict[str, tuple[str, str]] = {
    "MIT licence": (
        """Permission is hereby granted, free of charge, to any person obtaining a copy of this
        software and associated documentation files (the "Software"), to deal in the Software
        without restriction, including without limitation the rights to use, copy, modify, merge,
        publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons
        to whom the Software is furnished to do so, subject to the following conditions: The above
        copyright notice and this permission notice shall be included in all copies or substantial
        portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND,
        EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
        FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT.""",
        """Whoever receives a copy of this program and of the manuals that come with it (the
        "Program") may, at no cost, do with it as they please, which covers, among other things,
        running it, copying it, changing it, joining it with other programs, printing it, passing
        it on, letting others license it, and asking money for copies of it, and may allow those
        who receive it from them to do the same, as long as they keep to two rules: Every copy, and
        every large part of a copy, must carry the line above on who wrote it and this page. THE
        PROGRAM COMES JUST AS YOU FIND IT, AND NOBODY VOUCHES FOR IT IN ANY WAY, OPENLY OR BY
        CUSTOM, SO THAT YOU CANNOT COUNT ON ITS BEING FIT TO BE SOLD, ON ITS SERVING THE USE THAT
        YOU HAVE IN MIND, OR ON ITS LEAVING THE RIGHTS OF OTHERS ALONE.""",
    ),
    "Apache notice": (
        """Licensed under the Apache License, Version 2.0 (the "License"); you may not use this
        file except in compliance with the License. You may obtain a copy of the License at
        http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to
        in writing, software distributed under the License is distributed on an "AS IS" BASIS,
        WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License
        for the specific language governing permissions and limitations under the License.""",
        """What you may do with this file is written in the second edition of the Apache terms (the
        "Terms"); whoever works with it has to keep to them. Read the Terms on the web pages of the
        foundation that wrote them, where they stand under their number. Where no statute says
        otherwise and no letter was signed, a program that is handed on under the Terms is handed
        on JUST AS IT STANDS, AND NOTHING IS PROMISED OF IT, in words or by habit. Turn to the
        Terms for the exact wording of what is allowed there and of what is forbidden.""",
    ),
    "Declaration of 1776": (
        """We hold these truths to be self-evident, that all men are created equal, that they are
        endowed by their Creator with certain unalienable Rights, that among these are Life, Liberty
        and the pursuit of Happiness. That to secure these rights, Governments are instituted among
        Men, deriving their just powers from the consent of the governed, That whenever any Form of
        Government becomes destructive of these ends, it is the Right of the People to alter or to
        abolish it, and to institute new Government, laying its foundation on such principles and
        organizing its powers in such form, as to them shall seem most likely to effect their
        Safety and Happiness.""",
        """To our mind nobody needs a proof of the following: at birth no man stands above another,
        God gave to each of them some claims that no one can take from him, and to be alive, to be
        free and to look for a good life belong to those claims. Men set up states so that these
        claims are safe, and a state may do only what those who live in it let it do. As soon as a
        state, of whatever kind, works against that purpose, the people are free to change it or to
        do away with it, and to found another one, which rests on the ideas and has the offices
        that, as far as they can judge, will best keep them out of danger and make them content.""",
    ),
}


def pairs() -> dict[str, tuple[str, str]]:
    """Return, by name, the known text and its paraphrase, each on one line."""
    return {
        name: (re.sub(r"\s+", " ", known), re.sub(r"\s+", " ", ours))
        for name, (known, ours) in TEXTS.items()
    }
